/** The real process: Jest gives tests a copy of its environment, in which setting a time zone has no effect. */
const { env } = (setTimeout.constructor as (body: string) => () => NodeJS.Process)('return process')();

/** Uses the local time of another zone during the work. */
export async function inTimeZone<T>(zone: string, work: () => Promise<T>): Promise<T> {
  const before = env['TZ'];
  setTimeZone(zone);
  try {
    return await work();
  } finally {
    setTimeZone(before);
  }
}

/** Also sets the copy: mysql2 reads it to check its cached offsets. */
function setTimeZone(zone: string | undefined): void {
  for (const each of [env, process.env]) {
    if (zone === undefined) delete each['TZ'];
    else each['TZ'] = zone;
  }
}
