(class name: (constant) @name) @class
(module name: (constant) @name) @class
(method name: (identifier) @name) @method
(singleton_method name: (identifier) @name) @method
(assignment left: (constant) @name) @constant
((call method: (identifier) @_attribute arguments: (argument_list (simple_symbol) @name @field)) (#match? @_attribute "^attr_"))
