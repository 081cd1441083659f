/// <reference lib="dom" />

/** Takes the day and the id out of a receipt, so that its salt does not leave the browser. */

const box = document.querySelector<HTMLElement>('#receipt')
const text = box?.querySelector('textarea')
const alert = box?.querySelector('[role=alert]')
if (box) box.hidden = false

text?.addEventListener('input', () => lookUp(text.value))
document.addEventListener('dragover', (event) => event.preventDefault())
document.addEventListener('drop', (event) => {
  const file = event.dataTransfer?.files[0]
  if (!file) return
  event.preventDefault()
  void file.text().then(lookUp)
})

function lookUp(receipt: string): void {
  const place = placeIn(receipt)
  if (place) location.assign(`/check?${new URLSearchParams(place)}`)
  else if (alert)
    alert.textContent =
      receipt.trim() === '' ? '' : 'This is no receipt: it is the JSON that the submit was answered with.'
}

function placeIn(receipt: string): { date: string; id: string } | undefined {
  try {
    const { lottery_date: date, id } = JSON.parse(receipt) as { lottery_date?: unknown; id?: unknown }
    return typeof date === 'string' && typeof id === 'string' ? { date, id } : undefined
  } catch {
    return undefined
  }
}
