"""What every room shares: records, contracts, the registry, errors, video, weights and the device."""
