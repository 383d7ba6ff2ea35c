"""Object models, one file per backend; each registers itself in OBJECT_MODELS."""
