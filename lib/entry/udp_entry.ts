import { Deadlines } from "../base/deadlines.ts";
import { errorCode, errorText } from "../base/errors.ts";
import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import type { UdpRequest } from "../inbound/request.ts";
import type { Backend } from "../net/backend.ts";
import { bindDatagrams } from "../net/bind_datagrams.ts";
import type { PortRange } from "../net/port_range.ts";
import type { Session } from "../session/session.ts";
import { DatagramTally } from "../join/datagram_tally.ts";
import { type HoldBudget, holdBudget } from "../join/held_datagrams.ts";
import { UdpAssociation } from "./udp_association.ts";

/** Options of all associations of an entry. */
export interface UdpEntryOptions {
  /** Where sockets come from. */
  backend: Backend;
  /** Tell apps of success before the exit has a socket. */
  optimistic: boolean;
  /**
   * Where to bind and what to tell apps: an IP address of this machine.
   *
   * @default the address at which the app reached the SOCKS port, so that apps on
   * other machines can use it too
   */
  host?: string | undefined;
  /** Ports to choose from. @default any free port */
  ports?: PortRange | undefined;
  /**
   * How long an association may be without datagrams, in milliseconds. @default
   * {300000}
   */
  idleMs?: number | undefined;
  /** How long the exit may take to answer, in milliseconds. @default {15000} */
  responseMs?: number | undefined;
  logger: Logger;
  observer: Observer;
}

const IDLE_MS = 5 * 60_000;
const RESPONSE_MS = 15_000;

/** The associations of an entry. */
export class UdpEntry {
  readonly #options: UdpEntryOptions;
  readonly #tally: DatagramTally;
  readonly #budget: HoldBudget = holdBudget();
  readonly #associations = new Set<UdpAssociation>();
  readonly #responses: Deadlines;
  #closed = false;

  constructor(options: UdpEntryOptions) {
    this.#options = options;
    this.#tally = new DatagramTally(options.observer);
    this.#responses = new Deadlines(options.responseMs ?? RESPONSE_MS);
  }

  /** Associations that are open now. */
  get active(): number {
    return this.#associations.size;
  }

  /**
   * Serves one request until its conn or its channel ends.
   *
   * @param session Asks the exit
   * @param request Is answered, and its conn owned
   * @param finished Called once when it is over, even if it never began
   */
  serve(
    session: Pick<Session, "openDatagrams" | "v1">,
    request: UdpRequest,
    finished: () => void = () => {},
  ): void {
    const { backend, optimistic, host, ports, idleMs = IDLE_MS, logger } =
      this.#options;
    const tally = this.#tally;
    tally.began();
    const association: UdpAssociation = new UdpAssociation({
      request,
      optimistic,
      // An old exit may not have its socket when datagrams come behind CONNECT.
      holdsEarly: !session.v1,
      responses: this.#responses,
      idleMs,
      tally,
      budget: this.#budget,
      finished: (reason) => {
        this.#associations.delete(association);
        tally.ended(reason);
        logger.debug("A UDP association is over", { reason });
        finished();
      },
    });
    this.#associations.add(association);
    const at = host ?? request.conn.local.host;
    bindDatagrams(backend, at, ports, association).then((socket) => {
      if (this.#closed) association.end("closed");
      association.begin(socket, (owner) => session.openDatagrams(owner));
    }).catch((error) => {
      logger.warn("Cannot open a UDP association", {
        host: at,
        error: errorText(error),
      });
      association.fail(errorCode(error));
    });
  }

  /** Ends all associations. */
  close(): void {
    this.#closed = true;
    for (const association of [...this.#associations]) {
      association.end("closed");
    }
  }
}
