/** Signing in at a service, on whatever screen asks for it. */
export async function signIn(page, service) {
  const form = page.getByRole("form", { name: "Sign in at a server" });
  await form.getByLabel("Server").fill(service.url);
  await form.getByLabel("Token").fill(service.token);
  await form.getByRole("button", { name: "Sign in" }).click();
}
