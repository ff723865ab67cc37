"""Active learning on frozen text embeddings."""
