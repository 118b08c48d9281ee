"""A plugin `Twice` in Python, as production code writes one; nothing of it is computed here."""

# mypy: ignore-errors
import tensorrt as trt

PARTS = (trt.IPluginV3, trt.IPluginV3OneCore, trt.IPluginV3OneBuild, trt.IPluginV3OneRuntime)


class Twice(*PARTS):
    def __init__(self):
        for part in PARTS:
            part.__init__(self)
        self.plugin_name, self.plugin_version, self.plugin_namespace = "Twice", "1", ""
        self.num_outputs = 1

    def get_capability_interface(self, kind):
        return self

    def clone(self):
        return Twice()

    def get_output_data_types(self, types):
        return [types[0]]

    def get_output_shapes(self, inputs, shape_inputs, builder):
        return [trt.DimsExprs(inputs[0])]


class Creator(trt.IPluginCreatorV3One):
    def __init__(self):
        trt.IPluginCreatorV3One.__init__(self)
        self.name, self.plugin_version, self.plugin_namespace = "Twice", "1", ""
        self.field_names = trt.PluginFieldCollection([])

    def create_plugin(self, name, fields, phase):
        return Twice()


CREATOR = Creator()
trt.get_plugin_registry().register_creator(CREATOR, "")
