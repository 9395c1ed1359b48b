export async function drawCharts(_r: unknown, _f: string): Promise<void> {
  await Promise.resolve();
}
