"""The finding codes: stable names for what can go wrong, each with its meaning and its remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """What a finding code stands for."""

    id: str
    title: str
    meaning: str
    remedy: str


_ALL = (
    # 0xx: the run itself
    Code("FR001", "step timed out", "A step took longer than its time limit and was stopped.",
         "Raise `limits: {timeout_s: ...}` in frictionless.yaml, or make the model smaller."),
    Code("FR002", "step ran out of memory", "A step used more memory than its limit and was stopped.",
         "Raise `limits: {memory_mib: ...}` in frictionless.yaml, or run fewer workers."),
    Code("FR003", "native code crashed", "A library ended its process with a signal.",
         "The native log tells the last words; report the crash to the library named."),
    Code("FR004", "internal error", "pytest-frictionless itself failed; the model may be fine.",
         "Please report it with the traceback shown."),
    Code("FR006", "model entry unusable", "The model's entry in frictionless.yaml is wrong.",
         "Correct the lines named."),
    # 1xx: load
    Code("FR101", "not a readable checkpoint", "The file is truncated, empty, or no checkpoint.",
         "Write the checkpoint again, or restore it from where it is kept."),
    Code("FR102", "Git LFS pointer", "Git checked out the pointer and not the file.",
         "git lfs pull"),
    Code("FR103", "file cannot be opened", "Dangling link, link loop, or missing permission.",
         "Repair the link or the permission."),
    Code("FR104", "unsafe pickle", "The file runs code when it is loaded.",
         "Save weights only: torch.save(model.state_dict(), path), or use safetensors."),
    Code("FR105", "model is not known", "The file holds weights only: the network must be named.",
         "Add the lines shown to frictionless.yaml."),
    Code("FR106", "factory failed", "The factory could not be imported or did not give a module.",
         "Name a callable that takes no argument and returns a torch.nn.Module."),
    Code("FR107", "keys do not match", "The checkpoint and the network have different weights.",
         "Check that the factory builds the network this checkpoint was trained with."),
    Code("FR108", "weights are not finite", "The checkpoint holds NaN or infinite weights.",
         "Go back to a checkpoint from before the training diverged."),
    Code("FR109", "not a model", "An optimizer state, an adapter or another companion file.",
         "Move it out of the roots, or leave it out with `exclude` in frictionless.yaml."),
    Code("FR110", "suffix and format differ", "The name promises another format than the bytes.",
         "Rename the file after its format."),
    Code("FR111", "file name is not UTF-8", "Reports and caches cannot name this file.",
         "Rename the file."),
    Code("FR112", "Hugging Face model cannot be built", "transformers could not build the model.",
         "Check `architectures` in config.json and the installed transformers."),
    Code("FR113", "model entry fits several files", "An entry without `path` matches by stem.",
         "Give the entry a `path`."),
    Code(
        "FR114",
        "unused weights",
        "The checkpoint holds weights that the network does not have.",
        "Remove them from the file, or say why they are there with `ignore`.",
    ),
    # 2xx: export
    Code("FR201", "export failed", "torch could not export the model to ONNX.",
         "Read the cause; the line shown is where export stopped."),
    Code("FR202", "data-dependent control flow", "A Python branch depends on a tensor's value.",
         "Use torch.where or torch.cond, or move the branch out of forward()."),
    Code("FR203", "operator has no ONNX counterpart", "The exporter knows no translation.",
         "Rewrite with supported operators, or register a translation with custom_translation_table."),
    Code("FR204", "inputs do not fit forward()", "The declared inputs cannot be passed.",
         "Make `inputs` in frictionless.yaml match the parameters of forward()."),
    Code("FR205", "invalid ONNX", "onnx.checker rejects the file.",
         "Write the file again with a current exporter, and check it with onnx.checker."),
    Code("FR206", "forward() raises", "The model fails in eager mode on the declared inputs.",
         "Correct the inputs or their ranges in frictionless.yaml, or the model."),
    Code("FR207", "external data missing", "Weights stored beside the ONNX file are not there.",
         "Ship the data file beside the model, under the name the model records."),
    Code("FR208", "graph has no outputs", "Nothing is computed: TensorRT would accept it silently.",
         "Export again with the outputs named."),
    # 3xx: opset
    Code("FR301", "delivered opset differs", "The file's opset is not the pinned one.",
         "Pin what the exporter delivers, or export with a version that delivers the pin."),
    Code("FR302", "opset unknown to the parser", "The target's parser does not know the opset.",
         "Export at an opset the target knows."),
    Code("FR303", "opset not pinned", "Without a pin the exporter's default decides.",
         "Add `opset: {version: ..., reason: ...}` to frictionless.yaml."),
    Code("FR304", "IR version too new", "A runtime refuses a file of a newer IR version.",
         "Export with an onnx whose IR version the runtime reads."),
    # 5xx: operators
    Code("FR501", "operator unsupported", "The parser knows the operator and refuses it.",
         "Replace the operator, or provide a TensorRT plugin."),
    Code("FR502", "operator refused by the builder", "It parses, and no engine can be built of it.",
         "Replace the operator, or give it the form the builder accepts."),
    Code("FR503", "operator unknown", "The parser does not know it and found no plugin.",
         "Provide a TensorRT plugin of this name, or export with standard operators."),
    Code("FR504", "tensor type unsupported", "An input or weight has a type TensorRT lacks.",
         "Cast it before export."),
    Code(
        "FR505",
        "operator cannot be judged here",
        "The parser needs a GPU to decide on this operator.",
        "Run this item on a machine with a GPU.",
    ),
    # 6xx: dynamic
    Code("FR601", "dimension specialised at export", "torch.export proves the axis constant.",
         "Compute with x.shape symbolically, without int() and without buffers of that size."),
    Code("FR602", "range narrower than the profile", "A guard holds for part of the profile only.",
         "Remove the branch on the size, or narrow the profile."),
    Code("FR603", "dimension static in the file", "Declared dynamic, written as a constant.",
         "Export again with this axis dynamic."),
    Code("FR604", "dimension static in the network", "The parser folded the axis to a constant.",
         "Export again with this axis dynamic."),
    Code("FR605", "fails at this shape", "The exported model does not run inside its profile.",
         "Find the constant that holds the example's size; see the node shown."),
    Code("FR606", "output shape is wrong", "The output does not follow its input's shape.",
         "Find the constant that holds the example's size; see the node shown."),
    # 7xx: parity
    Code("FR701", "numbers differ", "ONNX Runtime and the reference disagree.",
         "Compare layer by layer; raise `tolerance` only with a reason."),
    Code("FR702", "output is not finite", "The exported model gives NaN or infinity.",
         "Check for overflow, for log or division of zero, and for the input range."),
    Code("FR703", "model is not deterministic", "Two eager runs on the same input differ.",
         "Remove randomness from forward() before export."),
    Code("FR704", "model is in training mode", "Dropout and batch norm behave differently.",
         "Call eval() before the model is saved, and pass training=self.training to functions as F.dropout."),
    Code("FR705", "model is ill-conditioned", "Eager float32 itself is this far from float64.",
         "A tolerance below the noise floor says nothing: set `tolerance` above it."),
    Code("FR706", "no reference for this type", "ONNX Runtime has no CPU kernel for the type.",
         "Compare a float32 export of the same model."),
    # 8xx: build
    Code("FR801", "engine build failed", "The builder gave no engine for this profile.",
         "Read the cause; the native log has the builder's own words."),
    Code("FR802", "profile dropped", "TensorRT drops an invalid profile and builds without it.",
         "Correct the profile named."),
    Code("FR803", "profile contradicts the model", "A size in the profile cannot occur.",
         "Correct the profile in frictionless.yaml."),
    Code("FR804", "precision not delivered", "The network computes in another type than asked.",
         "Export the model in the precision wanted: TensorRT's typed networks ignore the flags."),
    Code("FR805", "compute capability not built", "The installed builder cannot target it.",
         "Build on a machine, or with a TensorRT flavour, that offers it."),
    Code("FR806", "dimension name reused", "TensorRT takes dimensions of one name as equal.",
         "Give each independent dimension a name of its own."),
)  # fmt: skip

CODES = {code.id: code for code in _ALL}
"""Every finding code by its id."""
