export function bundleViewer(directory: string): Promise<void>;
