"""The pages: each handler asks a view and fills a template."""
