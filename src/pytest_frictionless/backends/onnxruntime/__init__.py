"""What asks ONNX Runtime: the numbers of a model, its outputs and what is inside."""
