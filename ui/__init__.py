"""What the pages share: frame, pickers, charts; Streamlit caches."""
