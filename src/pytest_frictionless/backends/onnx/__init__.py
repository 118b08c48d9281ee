"""What asks onnx: reading, checking, rewriting and cutting an ONNX file."""
