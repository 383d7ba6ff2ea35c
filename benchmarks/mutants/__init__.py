"""Kinds of files that are damaged and then read: one file each, see :class:`benchmarks.mutation.Kind`."""
