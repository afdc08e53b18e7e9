import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/controls.css";
import "./styles/home.css";
import "./styles/content.css";
import "./styles/outline.css";
import "./styles/inspector.css";
import "./styles/preview.css";
import "./styles/palette.css";
import "./styles/problems.css";
import "./styles/publish.css";
import "./styles/looks.css";

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
