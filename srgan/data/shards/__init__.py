"""Sub-images of large datasets in a few large TFRecord files, the shards."""
