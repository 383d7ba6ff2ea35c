"""How the compact explainers that come with Whycam are made: samples, sources, training, figures."""
