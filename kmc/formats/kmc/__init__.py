"""The .kmc format; docs/kmc-format.md describes it byte by byte."""
