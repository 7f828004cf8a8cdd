"""Reports: data (agent.service.views) ─▶ a Document of blocks ─▶ HTML, PDF, XLSX, CSV. Never rendered in the loop."""
