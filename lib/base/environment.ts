/** Gives the value of an environment variable. */
export type Environment = (name: string) => string | undefined;
