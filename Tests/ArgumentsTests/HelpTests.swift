import Arguments
import Testing

@Suite("Help")
struct HelpTests {
  @Test("on the program lists its commands")
  func program() {
    #expect(
      Kitchen.syntax.help(width: 60) == """
        kitchen: cooks.

        Usage:
          kitchen COMMAND [ARGUMENT]… [OPTION]…

        Commands:
          fry         fries food in a pan
          clean       cleans up
          bake bread  bakes bread
          bake cake   bakes a cake

        Options of every command:
          -q, --quiet  Says nothing.

        Examples:
          # Breakfast.
          kitchen fry pan egg

        Run 'kitchen COMMAND --help' for a command's arguments,
        options, examples and exit status.

        """)
  }

  @Test("on a command says all of it, wrapped to the page")
  func command() {
    #expect(
      Kitchen.syntax.help(on: Kitchen.syntax.commands[0], width: 60) == """
        kitchen fry: fries food in a pan

        Usage:
          kitchen fry PAN FOOD… [OPTION]… [-- GUEST…]

        Heats the pan first and then adds the food, one piece after
        the other.

        Arguments:
          PAN   What to cook in.
          FOOD  What to cook.

        Options:
              --heat low|medium|high  How hot. Default: medium.
          -t, --timer MINUTES         How long. Default: 10.
              --spice NAME            What to add. May be given
                                      several times.

        Options of every command:
          -q, --quiet  Says nothing.

        Examples:
          # An egg, quickly.
          kitchen fry wok egg --heat high

        Exit status:
          0  It is done.
          1  It burnt.

        """)
  }
}
