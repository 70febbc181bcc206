/** What a test throws that cannot run here. */
export class Skip extends Error {}

export function skip(why) {
  throw new Skip(why);
}
