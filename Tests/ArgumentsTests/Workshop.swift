import Arguments

/// A program whose options and arguments are of every kind that a shell completes.
enum Workshop {
  enum Wood: String, CaseIterable { case ash, beech, birch }

  static let syntax = ProgramSyntax(
    name: "workshop", summary: "makes things of wood. It's quick: [wood] in, 'things' out.",
    options: OptionGroup(
      "Options of every command",
      [
        Option.flag("-q", "--quiet", help: "Says nothing: not a 'word' [at all]. Ever."),
        Option.choice("--light", default: Wood.ash, help: "What burns."),
      ]),
    commands: [
      CommandSyntax(
        name: "saw", summary: "saws a plan's parts: one by one",
        description: [".dots and 'quotes' may begin a line, and \\ stands for itself."],
        positionals: [Positional.one("PLAN", help: "A file.")], trailing: "COMMAND [ARG]…",
        options: [
          OptionGroup(
            "Options",
            [
              Option.choice("--wood", default: Wood.birch, help: "Of what."),
              Option.value(
                "-o", "--out", placeholder: "DIR", kind: .folder, help: "Where to. By default here."),
              Option.list("--plan", placeholder: "FILE", kind: .path, help: "More plans."),
              Option.value("--name", placeholder: "NAME", kind: .text, help: "Whose it is."),
            ])
        ],
        examples: [Example("workshop saw chair.plan --wood ash", "A chair.")],
        exits: [ExitMeaning("0", "It is done.")]),
      CommandSyntax(
        name: "sand", summary: "sands things",
        positionals: [
          Positional<Wood>.choice("WOOD", help: "Of what."), Positional.oneOrMore("THING", help: "Files."),
        ],
        examples: [Example("workshop sand ash chair", "A chair.")], exits: [ExitMeaning("0", "It is done.")]),
      CommandSyntax(
        name: "glue board", summary: "glues a board's parts",
        positionals: [Positional<Wood>.choice("WOOD", help: "Of what.")],
        options: [
          OptionGroup("Options", [Option.choice("--clamp", default: Wood.ash, help: "Between what.")])
        ],
        examples: [Example("workshop glue board ash", "A board.")], exits: [ExitMeaning("0", "It holds.")]),
      CommandSyntax(
        name: "glue joint", summary: "glues a joint", examples: [Example("workshop glue joint", "A joint.")],
        exits: [ExitMeaning("0", "It holds.")]),
    ],
    examples: [Example("workshop saw chair.plan", "A chair.")])
}
