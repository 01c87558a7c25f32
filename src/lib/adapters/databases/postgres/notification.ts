import type { AnyTable } from '../../../ports/database.ts'

/** Bytes of keys in one notification: the server takes 8,000 less one, and the last key may stand beyond this. */
const payloadBytes = 7000

/** The channel on which the keys of new rows of `table` are told, as JSON lists. */
export function channelOf(table: AnyTable): string {
  return `rushbench_${table.name}_inserted`
}

/**
 * CREATE FUNCTION and CREATE TRIGGER that tell the keys of new rows, whoever stores them and however: in the same
 * transaction, so that they are told when it is committed, and not at all when it is not. A key has a kilobyte at most.
 */
export function createNotificationSql(table: AnyTable): string[] {
  const name = channelOf(table)
  return [
    `create or replace function "${name}"() returns trigger language plpgsql as $$
begin
  perform pg_notify('${name}', json_agg(key)::text)
  from (
    select key, sum(octet_length(to_json(key)::text) + 2) over (rows unbounded preceding) / ${payloadBytes} as part
    from (select "${table.primaryKey}" as key from inserted) as keys
  ) as parts
  group by part;
  return null;
end $$`,
    `create trigger "${name}" after insert on "${table.name}"
referencing new table as inserted for each statement execute function "${name}"()`,
  ]
}

/** DROP FUNCTION for what `createNotificationSql` makes; its trigger goes with the table. */
export function dropNotificationSql(table: AnyTable): string {
  return `drop function if exists "${channelOf(table)}"()`
}
