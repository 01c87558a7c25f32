/** The forms that a report has besides JSON. */
export const viewNames = ['html', 'markdown', 'junit', 'csv'] as const

/** One of them. */
export type ViewName = (typeof viewNames)[number]
