// Descriptions in schemas are plain text here.
export const Markdown = ({ children }) => children;
