"""Acts on PDFs by pdfplumber and pypdfium2, in child processes under limits."""
