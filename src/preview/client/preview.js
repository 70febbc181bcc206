// The browser side of the preview.
