"""What asks TensorRT: parsing, building, loading, and which node is to blame."""
