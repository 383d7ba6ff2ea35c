"""Action models, one file per backend; each registers itself in ACTION_MODELS."""
