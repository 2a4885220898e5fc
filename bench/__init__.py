"""Benchmarks: each one verifies first, then times, prints one table and leaves a JSON file.

``python -m bench peers``    error and time beside the other tools, on real pictures
``python -m bench stages``   each stage of the pipeline, relative to copying the same pixels
``python -m bench scale``    0.1 to 100 megapixels: time a pixel and peak memory
``python -m bench busy``     one thread and all of them, on an idle and on a busy machine
``python -m bench kernels``  every instruction set of this processor
``python -m bench estimators``  ColorKMeans beside scikit-learn's KMeans
"""
