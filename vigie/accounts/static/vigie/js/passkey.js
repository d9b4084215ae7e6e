// Passkeys need the browser's help: what offers one stays hidden where it cannot work; a refusal is not an error of the page.
for (const form of document.querySelectorAll('[data-passkey]')) form.hidden = !window.PublicKeyCredential;
document.addEventListener('allauth.error', (event) => event.preventDefault());
