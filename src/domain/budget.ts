/** How often mail may be sent to one address, register and resend together. 0 switches a line off. */
export type SendsBudget = {
  readonly spacingSeconds: number
  readonly perHour: number
  readonly perDay: number
}
