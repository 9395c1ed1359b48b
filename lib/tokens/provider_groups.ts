import type { ReverseToken } from "./token.ts";

/** The providers of one program's instance, in autonomy. */
export interface ProviderGroup {
  /** The internal token. */
  readonly id: string;
  /** What its providers were admitted with. */
  readonly reverse: ReverseToken;
  /** The program that they belong to. */
  readonly instance: string;
}

/** The groups of autonomous providers: sockets of one program share a group. */
export class ProviderGroups {
  readonly #groups = new Map<string, ProviderGroup>();

  /** All groups, in the order of their first provider. */
  all(): ProviderGroup[] {
    return [...this.#groups.values()];
  }

  /** The internal token of a program's group, made at its first provider. */
  idOf(reverse: ReverseToken, instance: string): string {
    for (const group of this.#groups.values()) {
      if (group.reverse === reverse && group.instance === instance) {
        return group.id;
      }
    }
    const id = crypto.randomUUID();
    this.#groups.set(id, { id, reverse, instance });
    return id;
  }

  /** Forgets a group: nobody is in it, and no token lets one return. */
  delete(id: string): void {
    this.#groups.delete(id);
  }
}
