declare const brand: unique symbol
const PATTERN = /^(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])$/

/** A UTC calendar month, `YYYY-MM`, from 1970-01 to 9999-12. Text order is time order. */
export type Month = string & { readonly [brand]: 'Month' }

export const Month = {
  isValid: (text: string): text is Month => PATTERN.test(text),

  /** @throws RangeError when the text is not a month */
  parse: (text: string): Month => {
    if (!Month.isValid(text)) throw new RangeError(`not a month, YYYY-MM from 1970-01 on: ${text.slice(0, 40)}`)
    return text
  },

  /** The month that a date, `YYYY-MM-DD`, falls in. */
  ofDate: (date: string): Month => Month.parse(date.slice(0, 7)),

  firstDay: (month: Month): string => `${month}-01`,

  lastDay: (month: Month): string => {
    const [year = 0, number = 0] = month.split('-').map(Number)
    return `${month}-${new Date(Date.UTC(year, number, 0)).getUTCDate()}`
  },

  addMonths: (month: Month, months: number): Month => {
    const count = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + months
    return Month.parse(`${Math.floor(count / 12)}-${String((count % 12) + 1).padStart(2, '0')}`)
  },
}
