"""Colour spaces: where distances between colours are measured."""
