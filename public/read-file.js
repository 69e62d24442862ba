// A file picked beside a text field is read into it; the form sends the text, never a file.
document.addEventListener('change', async event => {
  const target = document.getElementById(event.target.dataset?.readsInto ?? '')
  const [file] = event.target.files ?? []
  if (target && file) target.value = await file.text()
})
