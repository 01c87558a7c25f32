import { describe, expect, it } from 'vitest'
import { auditDocument } from '../../../../src/lib/render/document/audit-document.ts'
import { savedReport } from '../../../support/reports/fixtures.ts'
import { screenOf } from '../../../support/reports/rendered.ts'

const report = savedReport('audit', 'audit.json')

describe('screenOf', () => {
  it('begins with the verdict, then names the rows concerned and the ledger', () => {
    const lines = screenOf(report).split('\n')
    expect(lines[0]).toMatch(
      /^AUDIT {6}\d+ bookings acknowledged: 1 lost, 1 doubled, 1 oversold or with a wrong stock, 1 stored without an answer$/,
    )
    expect(lines.slice(1, 5).map((line) => line.trim().split(':')[0])).toEqual([
      'lost',
      'duplicate',
      'oversold',
      'unknown-committed',
    ])
    expect(lines[5]).toMatch(/^ledger {5}\S+: \d+ booked, 1 unknown, 0 failed, 0 refused$/)
    expect(lines.at(-1)).toContain('its last line was cut off')
  })

  it('says how many there are beyond those that are shown', () => {
    const audit = { ...report.audit, lost: 2000 }
    expect(screenOf({ ...report, audit })).toContain('           (the first 4 of 2,003; --json shows all)')
    expect(screenOf(report)).not.toContain('the first')
  })

  it('says so where ledgers hold no booking, of which none could be lost', () => {
    const [ledger] = report.ledgers
    const empty = { ...ledger!, booked: 0, unknown: 0 }
    const line = /^no booking is in the ledgers: nothing is known of bookings that were lost or doubled$/m
    expect(screenOf({ ...report, ledgers: [empty, empty] })).toMatch(line)
    expect(screenOf({ ...report, ledgers: [empty, ledger!] })).not.toMatch(line)
  })

  it('says what a crash of the database may undo', () => {
    const by = (atRisk: string) => ({ ...report.environment, durability: { at_risk: atRisk } })
    const risky = screenOf({ ...report, environment: by('the last second') })
    expect(risky).toMatch(/^database {3}\S+ \S+, NOT durable: a crash may undo the last second$/m)
    expect(screenOf({ ...report, environment: by('nothing') })).not.toContain('durable')
    expect(auditDocument({ ...report, environment: by('the last second') }).answers).toContainEqual(
      expect.objectContaining({ question: 'Durable?', answer: 'Not durable' }),
    )
  })

  it('names what is stored though it was refused, and says where the ledger has not every refusal', () => {
    const violation = { kind: 'refused-committed', key: 'ADA', detail: 'stored as 7 for 9, though the API refused it' }
    const audit = { ...report.audit, refused: 1_000_000, refusedCommitted: 67, violations: [violation] }
    const [ledger] = report.ledgers
    const text = screenOf({ ...report, audit, ledgers: [{ ...ledger!, conflict: 1_000_000, refusalsCut: true }] })
    expect(text).toContain('1 oversold or with a wrong stock, 67 stored though refused, 1 stored without an answer')
    expect(text).toContain('refused-committed: ADA, stored as 7 for 9, though the API refused it')
    expect(text).toContain('(the first 1 of 71; --json shows all)')
    expect(text).toContain('0 failed, 1,000,000 refused')
    expect(text).toContain('there were more refusals than these: nothing is known of the others')
  })

  it('says that without a ledger nothing is known of bookings', () => {
    expect(screenOf({ ...report, ledgers: [] })).toMatch(/^no ledger {2}nothing is known/m)
  })
})
