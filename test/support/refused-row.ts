import type { DataSource } from 'typeorm';

/** Adds a trigger of the application, which refuses one job's row. */
export async function refuseRow(
  dataSource: DataSource,
  event: 'INSERT' | 'UPDATE' | 'DELETE',
  digest: string,
): Promise<void> {
  const row = event === 'DELETE' ? 'OLD' : 'NEW';
  for (const sql of triggerOn(dataSource, event, `${row}.digest = '${digest}'`)) await dataSource.query(sql);
}

function triggerOn({ options }: DataSource, event: string, condition: string): readonly string[] {
  const head = `CREATE TRIGGER refuse_job BEFORE ${event} ON meveto_logout_jobs`;
  if (options.type === 'better-sqlite3')
    return [`${head} WHEN ${condition} BEGIN SELECT RAISE(ABORT, 'refused by the application'); END`];
  if (options.type !== 'postgres')
    return [
      `${head} FOR EACH ROW BEGIN IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by the application'; END IF; END`,
    ];
  const row = event === 'DELETE' ? 'OLD' : 'NEW';
  return [
    `CREATE FUNCTION refuse_job() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF ${condition} THEN RAISE EXCEPTION 'refused by the application'; END IF; RETURN ${row}; END $$`,
    `${head} FOR EACH ROW EXECUTE FUNCTION refuse_job()`,
  ];
}
