import Platform
import Testing
import TestSupport

@Suite("malformed input") struct FuzzTests {
}
