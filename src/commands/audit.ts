import { Flags } from '@oclif/core'
import { auditLedgers } from '../lib/app/audit.ts'
import { letHeapGrow } from '../lib/base/v8.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags, tableFlags } from '../lib/cli/flags.ts'
import type { AuditReport } from '../lib/record/record.ts'

/** Violations that are shown; with --json all are. */
const shownViolations = 20

export default class Audit extends BaseCommand {
  static override summary = 'Check what an API acknowledged against the database behind it.'
  static override description = `Reads the ledgers of earlier loads, also of one that was killed, and the bookings in the database: none may be lost, \
doubled or stored though it was refused, and no slot oversold or of a wrong stock. Without --ledger only the slots \
are looked at, and never while an unfinished seeding has yet to set their stock. Nothing is written to the database. \
The setting audit names the tables of an API that is not rushbench's own (docs/audit.md).

Exits with 4 when something is lost, doubled, oversold, of a wrong stock or stored though the API refused it. A \
booking that was stored but never answered is shown, and is no fault.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --ledger reports/2026-11-21T07-53-15Z-load.ledger.jsonl',
    '<%= config.bin %> <%= command.id %> --ledger one.jsonl --ledger two.jsonl --db mysql://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --db postgres://user:password@127.0.0.1/test --json',
  ]
  static override flags = {
    ledger: Flags.string({ summary: 'ledger that a load has written; may be repeated', multiple: true }),
    target: Flags.string({
      summary: 'replica whose memory is checked against the database, where the workload keeps any; may be repeated',
      multiple: true,
    }),
    ...settingFlags('workload', 'db', 'broker', 'reports', 'report'),
    ...settingFlags(...tableFlags),
  }

  async run(): Promise<AuditReport> {
    letHeapGrow()
    const { flags } = await this.parse(Audit)
    const config = await this.resolveSettings(flags)
    const report = await auditLedgers(this.context, config, {
      ledgers: flags.ledger ?? [],
      targets: flags.target ?? [],
      maxViolations: this.jsonEnabled() ? Infinity : shownViolations,
    })
    if (!report.audit.passed) this.endWith('auditFailed')
    return report
  }
}
