/** A picture of figures, and the same figures as a table for whoever wants to read them. */
import { Table2 } from "lucide-react";
import { useId, useState, type ReactNode } from "react";

export type Cell = string | number;

interface Properties {
  title: string;
  /** What the picture shows, in a sentence. */
  summary: string;
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** The picture. */
  children: ReactNode;
  /** What can be chosen about it. */
  tools?: ReactNode;
}

export function Chart({ title, summary, columns, rows, children, tools }: Properties) {
  const [open, setOpen] = useState(false);
  const table = useId();
  return (
    <section className="chart" aria-label={title}>
      <header className="chart-head">
        <h3 className="grow">{title}</h3>
        {tools}
        <button type="button" className="btn quiet s" aria-label={`Table: ${title}`} aria-expanded={open} aria-controls={table} onClick={() => setOpen(!open)}>
          <Table2 className="s12" aria-hidden="true" />
          Table
        </button>
      </header>
      <div className="picture" role="img" aria-label={summary}>
        {children}
      </div>
      <div id={table}>{open ? <Table title={title} columns={columns} rows={rows} /> : null}</div>
    </section>
  );
}

export function Table({ title, columns, rows }: { title: string; columns: readonly string[]; rows: readonly (readonly Cell[])[] }) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={`Table of ${title}`}>
      <table className="figures-table">
        <caption className="vh">{title}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) =>
                column === 0 ? (
                  <th key={column} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={column}>{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
