// A page that holds its conversation by itself, as the studio does with the engine in the page.
import { createChat } from "/web-demo/widget/chat/chat.js";

const conversation = {
  history: async () => null,
  start: async () => ({ messages: [{ type: "text", text: "Hello from the page." }], input_request: { input_type: "text", question: { text: "Who are you?" } }, session_ended: false }),
  answer: async ({ input }) => ({ messages: [{ type: "text", text: `Hello, ${input}.` }], session_ended: true }),
};
const root = document.getElementById("here").attachShadow({ mode: "open" });
createChat({ root, conversation, name: "Preview", hurry: true }).open();
