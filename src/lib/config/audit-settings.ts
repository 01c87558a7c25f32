import { auditMapping } from '../audit/mapping.ts'
import { setting } from './setting.ts'
import { httpStatuses } from '../base/parse-values.ts'

/** Settings by which a load and its audit fit somebody else's API. */
export const auditSettings = {
  bookedStatuses: setting({
    schema: httpStatuses,
    default: '201',
    summary: 'HTTP statuses by which the API says that it has booked',
    allowed: 'statuses from 100 to 599 with commas, such as 200,201',
  }),
  conflictStatuses: setting({
    schema: httpStatuses,
    default: '409',
    summary: 'HTTP statuses by which the API rightly refuses a booking',
    allowed: 'statuses from 100 to 599 with commas, such as 409,410',
  }),
  audit: setting({
    schema: auditMapping,
    default: undefined,
    summary: "tables and columns of somebody else's database, for the audit",
    allowed:
      '{"bookings": {"table", "key", "resource"}, "resources": {"table", "capacity"}} with names of letters, digits, _, $ and -; docs/audit.md says more',
  }),
}
