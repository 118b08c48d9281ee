"""Stacks that containers are made of."""

from __future__ import annotations

DIGEST = f"sha256:{'4' * 64}"

TENSORRT = "nvcr.io/nvidia/tensorrt"

TRITON = "nvcr.io/nvidia/tritonserver:25.12-trtllm-python-py3"

RECORDED = {
    "os": "ubuntu 24.04", "python": "3.12.3", "torch": "2.13.0+cu130", "onnx": "1.23.2",
    "exporter": "torch.onnx.export(dynamo=True) 2.13.0", "onnxscript": "0.7.2",
    "onnxruntime": "1.32.0", "simplifier": "onnxslim 0.1.98", "numpy": "2.4.6",
    "gpu": "NVIDIA H200", "compute_capability": "9.0",
}  # fmt: skip
"""What every stack below has."""
