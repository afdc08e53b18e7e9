/** Signing in at a server with a token. */
import { useState, type FormEvent } from "react";
import { Frame } from "../inspector/fields/Frame";
import { signIn, signOut, useSession } from "./session";

export function SignIn() {
  const session = useSession();
  const [address, setAddress] = useState(session.address);
  const [token, setToken] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    void signIn(address, token);
  };
  if (session.who) {
    return (
      <p className="row">
        <span className="pill ok">Signed in</span>
        <span className="trunc">
          {session.who.name} <span className="t3">at {session.address || location.origin}</span>
        </span>
        <span className="grow" />
        <button type="button" className="btn s" onClick={signOut}>
          Sign out
        </button>
      </p>
    );
  }
  return (
    <form className="sign-in" onSubmit={send} aria-label="Sign in at a server">
      <Frame label="Server">{(attributes) => <input className="fld" type="url" required placeholder="https://chat.example.org" value={address} onChange={(event) => setAddress(event.target.value)} {...attributes} />}</Frame>
      <Frame label="Token" help="Whoever runs the server makes one with “chatflow token”. It is kept until this tab is closed.">
        {(attributes) => <input className="fld mono" type="password" required autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} {...attributes} />}
      </Frame>
      {session.trouble === undefined ? null : (
        <div className="note error" role="alert">
          <div>
            <p>{session.trouble.text}</p>
            <code className="sm">{session.trouble.details}</code>
          </div>
        </div>
      )}
      <button type="submit" className="btn pri" disabled={session.connecting}>
        {session.connecting ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
