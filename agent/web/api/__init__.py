"""The API below the pages, version 1: JSON, described by OpenAPI 3.1 at `/api/v1/openapi.json`."""
