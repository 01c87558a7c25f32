import { failure } from '../../base/errors/errors.ts'

/** What NATS and Kafka both take for a stream, a durable consumer, a topic and a group, and neither keeps for itself. */
const allowed = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/

/** Throws `broker-name-invalid` for a name that not every broker could have. */
export function checkName(what: 'topic' | 'group', name: string): void {
  if (!allowed.test(name)) throw failure('broker-name-invalid', { what, name })
}
