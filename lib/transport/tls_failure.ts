import { errorText } from "../base/errors.ts";

/** The words of rustls, which stand behind the URL with the token. */
const BAD_CERTIFICATE = /invalid peer certificate: (.+)$/;
const NO_TLS = /received corrupt message/;

/** What rustls and webpki say of a certificate, and what it means. */
const FLAWS: readonly (readonly [found: RegExp, means: string])[] = [
  [/UnknownIssuer/, "no trusted authority has issued it; caCerts adds one"],
  [
    /CaUsedAsEndEntity/,
    "it is the certificate of an authority; make one for a server with " +
    "openssl req -addext basicConstraints=critical,CA:FALSE",
  ],
  [/expired/i, "it has expired"],
  [/not ?valid ?yet/i, "it is not valid yet; is the clock right?"],
  [/not ?valid ?for ?name/i, "it is for another host name"],
  [/revoked/i, "it was revoked"],
];

/** Why `fetch` got no TLS, if that was it, and what would change it. */
export function tlsFailure(error: unknown): string | undefined {
  const text = errorText(error instanceof Error ? error.cause ?? error : error);
  if (NO_TLS.test(text)) return "the server does not speak TLS: use ws://";
  const flaw = BAD_CERTIFICATE.exec(text)?.[1];
  if (flaw === undefined) return undefined;
  const means = FLAWS.find(([found]) => found.test(flaw))?.[1] ?? flaw;
  return `the server's certificate is not accepted: ${means}`;
}
