/** Whether there is a firewall to set up; says so if not. */
export function hasNft(what: string): boolean {
  try {
    return new Deno.Command("nft", { args: ["--version"], stdout: "null" })
      .outputSync().success;
  } catch {
    // deno-lint-ignore no-console -- the reason belongs to the test's output
    console.log(`skipped: ${what}: there is no program named nft`);
    return false;
  }
}
