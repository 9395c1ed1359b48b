/* Chooses sockets as asked, with the permissions it was given. */
import { SILENT } from "../../lib/base/logger.ts";
import {
  type BackendChoice,
  chooseBackend,
} from "../../lib/net/choose_backend.ts";

function choose(choice: BackendChoice): unknown {
  try {
    const { backend, reason } = chooseBackend(choice, SILENT);
    return { name: backend.name, reason };
  } catch (error) {
    return String(error);
  }
}

const text = JSON.stringify(choose(Deno.args[0] as BackendChoice));
Deno.stdout.writeSync(new TextEncoder().encode(text));
