"""Kinds of containers, one file a kind, found by walking this folder: each module defines `CONTAINER`."""
