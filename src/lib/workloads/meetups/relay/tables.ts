import { leaseTable } from '../../shared/outbox/lease.ts'

/** Who may publish from the outbox, so that of several processes one does. */
export const leases = leaseTable('meetup_relay_leases')

export const relayTables = [leases]
